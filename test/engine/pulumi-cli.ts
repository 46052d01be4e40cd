import { existsSync } from "node:fs";
import { builtBinary } from "../sandbox/build/ensure-binaries.ts";
import { findPulumi } from "./find-pulumi.ts";

/** The CLI that runs every stack here: the one on PATH, else the one that the sandbox builds. */
export async function pulumiCli(): Promise<string> {
  const cli = findPulumi() ?? (await builtBinary("pulumi"));
  if (existsSync(cli)) return cli;
  throw new Error("there is no pulumi on PATH, and none is built yet: npm run sandbox builds it");
}
