import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import type { Binaries, NodeBinaries } from "../build/ensure-binaries.ts";
import { cacheDir } from "../build/cache-dir.ts";
import { cacheKey, goPlatform } from "../build/cache-key.ts";

/** A file in the image → the binary that it is. */
type Files = Record<string, string>;

/**
 * One image for all containers under several names, as an OCI archive in the cache: Velero with its plugins, where those
 * are looked for, and the command of the containers of tests.
 */
export async function ensureImage(
  binaries: Binaries,
  nodeBinaries: NodeBinaries,
  names: string[],
): Promise<string> {
  const files: Files = {
    velero: binaries.velero,
    "velero-helper": nodeBinaries["velero-helper"],
    "velero-restore-helper": nodeBinaries["velero-restore-helper"],
    "plugins/velero-plugin-for-aws": binaries["velero-plugin-for-aws"],
    "plugins/velero-plugin-for-gcp": binaries["velero-plugin-for-gcp"],
    tool: nodeBinaries.tool,
  };
  // The paths of binaries name their builds.
  const archive = join(cacheDir(), `image-${cacheKey(files, goPlatform(), [names, recipe])}.tar`);
  if (!existsSync(archive)) await build(archive, files, names);
  return archive;
}

const config = { Entrypoint: ["/tool"], Cmd: ["pause"], Env: ["PATH=/", "HOME=/root"] };
const passwd = "root:x:0:0:root:/root:/tool\n";
const recipe = [config, passwd];

async function build(archive: string, files: Files, names: string[]): Promise<void> {
  const stage = await mkdtemp(`${archive}.building-`);
  try {
    const layer = join(stage, "layer.tar");
    await writeTar(layer, (tar) => addFiles(tar, files));
    const digests = { layer: await digestOfFile(layer), layerSize: (await stat(layer)).size };
    const whole = join(stage, "image.tar");
    await writeTar(whole, (tar) => addImage(tar, layer, digests, names));
    await rename(whole, archive);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function addFiles(tar: Pack, files: Files): Promise<void> {
  for (const [name, mode] of [
    ["tmp", 0o1777],
    ["root", 0o700],
    ["etc", 0o755],
    ["plugins", 0o755],
  ] as const)
    tar.entry({ name, mode, type: "directory" });
  tar.entry({ name: "etc/passwd", mode: 0o644 }, passwd);
  for (const [name, binary] of Object.entries(files)) await addFile(tar, name, binary, 0o755);
}

async function addImage(
  tar: Pack,
  layerFile: string,
  { layer, layerSize }: { layer: string; layerSize: number },
  names: string[],
): Promise<void> {
  const { os, arch } = goPlatform();
  const configuration = JSON.stringify({
    architecture: arch,
    os,
    config,
    rootfs: { type: "layers", diff_ids: [layer] },
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: descriptor("config.v1+json", configuration),
    layers: [{ mediaType: `${oci}.layer.v1.tar`, digest: layer, size: layerSize }],
  });
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: names.map((name) => ({
      ...descriptor("manifest.v1+json", manifest),
      annotations: {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.split(":")[1],
      },
    })),
  });
  tar.entry({ name: "oci-layout" }, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  tar.entry({ name: "index.json" }, index);
  for (const blob of [configuration, manifest]) tar.entry({ name: blobName(digestOf(blob)) }, blob);
  await addFile(tar, blobName(layer), layerFile, 0o644);
}

const oci = "application/vnd.oci.image";

function descriptor(type: string, content: string): { mediaType: string; digest: string; size: number } {
  return { mediaType: `${oci}.${type}`, digest: digestOf(content), size: Buffer.byteLength(content) };
}

function digestOf(content: string): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return `sha256:${(hash.read() as Buffer).toString("hex")}`;
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

async function writeTar(file: string, fill: (tar: Pack) => Promise<void>): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createWriteStream(file));
  await fill(tar);
  tar.finalize();
  await written;
}

async function addFile(tar: Pack, name: string, file: string, mode: number): Promise<void> {
  const { size } = await stat(file);
  await pipeline(createReadStream(file), tar.entry({ name, mode, size }));
}
