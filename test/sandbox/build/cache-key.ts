import { createHash } from "node:crypto";

export interface GoPlatform {
  os: string;
  arch: string;
}

/** The platform of this machine in Go's words. */
export function goPlatform(platform: string = process.platform, arch: string = process.arch): GoPlatform {
  return { os: platform, arch: arch === "x64" ? "amd64" : arch };
}

/**
 * Names a build by all that goes into it: the sources (file name → content), the platform and the recipe
 * (what is built of them, and how). The order of the files does not matter.
 */
export function cacheKey(sources: Record<string, string>, platform: GoPlatform, recipe: unknown): string {
  const files = Object.entries(sources).toSorted(([left], [right]) => (left < right ? -1 : 1));
  const hash = createHash("sha256").update(JSON.stringify([files, platform.os, platform.arch, recipe]));
  return hash.digest("hex").slice(0, 16);
}
