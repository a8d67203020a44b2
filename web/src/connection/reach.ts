/** The self-test's question to the server: is it there, and does it let this browser speak? No invitation is shown. */

import type { FromServer } from "../protocol";
import { REACH_DEADLINE_MS } from "./limits";

export function canReachServer(openSocket: () => WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket();
    const settle = (reached: boolean) => {
      clearTimeout(deadline);
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
      resolve(reached);
    };
    const deadline = setTimeout(() => settle(false), REACH_DEADLINE_MS);
    socket.onclose = () => settle(false);
    socket.onmessage = (event) => {
      settle(typeof event.data === "string" && (JSON.parse(event.data) as FromServer).type === "challenge");
    };
  });
}
