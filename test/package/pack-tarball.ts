import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const repository = path.join(import.meta.dirname, "../..");

/** Packs what would be published into a folder. Returns the tarball's path. */
export async function packTarball(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  // What is in dist was built for these tests, and others are at work with it.
  const pack = ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await promisify(execFile)("npm", pack, { cwd: repository, env });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  if (packed === undefined) throw new Error(`npm pack has packed nothing: ${stdout}`);
  return path.join(folder, packed.filename);
}
