import type { Socket } from "node:net";

/** This allows for one lost SYN (sent again after 1 s and 3 s). */
const connectMs = 5_000;
/** A slow store may take long for a thousand deletions. A store that hangs must fail within 15 s. */
const silenceMs = 10_000;

/** The options of every connection, and of the agents that make them. */
export const connectionOptions = {
  keepAlive: true,
  // Node gives each address of a host 250 ms. That is less than a handshake takes on a slow network (nodejs/node#54359).
  autoSelectFamilyAttemptTimeout: 2_000,
  // Node removes the limit of a connection that becomes idle, unless the agent has it as well.
  timeout: silenceMs,
};

/** Limits how long a connection may take to open, and then how long it may be silent. It fails with ETIMEDOUT. */
export function limitWaiting<S extends Socket>(socket: S): S {
  let isConnected = !socket.connecting;
  socket.setTimeout(isConnected ? silenceMs : connectMs);
  socket.once("connect", () => {
    isConnected = true;
    socket.setTimeout(silenceMs);
  });
  socket.on("timeout", () => {
    const [wasConnected, wasRead] = [isConnected, socket.bytesRead];
    // A process that was busy loading a vendor's package reads received data only now.
    setImmediate(() => {
      if (isConnected !== wasConnected || socket.bytesRead !== wasRead) return;
      const words = isConnected
        ? `connected, but no answer within ${silenceMs / 1000} s`
        : `no connection within ${connectMs / 1000} s`;
      socket.destroy(Object.assign(new Error(words), { code: "ETIMEDOUT" }));
    });
  });
  return socket;
}
