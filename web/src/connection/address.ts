/** Where the server is: where the page came from. */

import { SUBPROTOCOL } from "./connection";

export function openSocket(): WebSocket {
  const address = new URL("/ws", location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.hash = "";
  return new WebSocket(address, SUBPROTOCOL);
}
