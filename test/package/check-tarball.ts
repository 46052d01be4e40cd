/** Part of `npm run check:package`: what would be published works in a folder that has nothing but it and its peers. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "pulumi-velero-package-"));
const run = (command: string, args: string[], cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** Both entry points, every kind, and no heavy package before it is needed. */
const loadBoth = `
const velero = require("pulumi-velero");
const { create } = require("pulumi-velero/provider");
for (const kind of ["BackupLocation", "ClusterLocation", "ClusterBackup", "WorkspaceBackup", "Restore"]) create(kind);
const heavy = Object.keys(require.cache).filter((file) => /node_modules.(minio|@aws-sdk|@kubernetes|undici)./.test(file));
if (heavy.length > 0) throw new Error("loaded before their first use: " + heavy.join(", "));
console.log("pulumi-velero exports " + Object.keys(velero).join(", "));
`;

try {
  const packed = run("npm", ["pack", "--json", "--silent", "--pack-destination", folder], repository);
  const [tarball] = JSON.parse(packed) as { filename: string; files: { path: string; size: number }[] }[];
  if (tarball === undefined) throw new Error(`npm pack has packed nothing: ${packed}`);
  expectOnlyWhatIsMeant(tarball.files.map((file) => file.path));

  writeFileSync(path.join(folder, "package.json"), '{ "name": "user", "private": true }\n');
  const packages = [`./${tarball.filename}`, "@pulumi/pulumi", "@aws-sdk/client-s3"];
  run("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefer-offline", ...packages]);
  writeFileSync(path.join(folder, "load.cjs"), loadBoth);
  console.log(run(process.execPath, ["load.cjs"]).trim());

  for (const file of ["index.ts", "tsconfig.json"]) {
    cpSync(path.join(repository, "examples/quickstart", file), path.join(folder, file));
  }
  const types = path.join(repository, "node_modules/@types");
  run(process.execPath, [
    path.join(repository, "node_modules/typescript/bin/tsc"),
    "-p",
    ".",
    "--typeRoots",
    types,
  ]);
  console.log(`${tarball.filename}: ${tarball.files.length} files; the quickstart type-checks against it`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function expectOnlyWhatIsMeant(files: string[]): void {
  const meant =
    /^(dist\/(sdk|provider|model)\/.*\.(js|d\.ts)|package\.json|docs\/[a-z-]+\.md|(README|ARCHITECTURE|CHANGELOG)\.md|LICENSE)$/;
  const others = files.filter((file) => !meant.test(file));
  if (others.length > 0) throw new Error(`the package holds what it should not: ${others.join(", ")}`);
  const missing = ["LICENSE", "README.md", "dist/sdk/index.d.ts", "dist/provider/index.js"];
  const lacking = missing.filter((file) => !files.includes(file));
  if (lacking.length > 0) throw new Error(`the package lacks ${lacking.join(", ")}`);
}
