/** The visit that the screens belong to. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "../session";

const Visit = createContext<Session | null>(null);

export const SessionProvider = Visit.Provider;

export function useSession(): Session {
  const session = useContext(Visit);
  if (!session) throw new Error("a screen outside a session");
  return session;
}
