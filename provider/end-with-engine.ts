import { fstatSync } from "node:fs";
import { connect } from "node:net";

/** The interval in which the process checks its parent. */
const LOOK_MS = 1_000;

/**
 * Ends this process when Pulumi's engine is gone, whatever ended the engine. Pulumi's provider host itself waits for
 * requests forever. When it prints, it writes each EPIPE of stdout to stderr, which is the next EPIPE: it uses a whole
 * core and more and more memory.
 *
 * The engine is gone if one of these is true:
 * - stdin has ended. The engine gives each plugin a pipe and keeps the other end open as long as it lives (pulumi
 *   `sdk/go/common/resource/plugin/plugin.go`, ExecPlugin), even with a shell in between.
 * - Nobody reads stdout or stderr.
 * - Another process has become the parent.
 *
 * A look-up runs in the user's own program, which is never ended.
 */
export function endWithEngine(): void {
  if (!isProviderHost()) return;
  for (const output of [process.stdout, process.stderr]) output.on("error", end);
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(), LOOK_MS).unref();
  if (!isPipe(process.stdin.fd)) return;
  process.stdin.once("close", endUnlessEngineAnswers).on("error", () => undefined);
  process.stdin.resume().unref();
}

/** A killed run is repeated completely, so no cleanup is needed. */
const end = (): never => process.exit(1);

/** Returns true if Node was started with the script of Pulumi's SDK. */
const isProviderHost = (): boolean =>
  /[\\/]cmd[\\/]dynamic-provider(?:[\\/]index\.js)?$/.test(process.argv[1] ?? "");

function isPipe(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false;
  }
}

/**
 * Ends the process, unless the engine still answers: an engine may have passed a closed pipe. The arguments have the
 * address at which it accepts calls of its provider.
 */
function endUnlessEngineAnswers(): void {
  const address = process.argv.findLast((argument) => /:\d+$/.test(argument));
  if (address === undefined) return end();
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = connect(Number(port), hostname);
  socket.once("error", end).once("connect", () => socket.destroy());
}
