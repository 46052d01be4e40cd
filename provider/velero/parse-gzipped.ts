import { gunzipSync } from "node:zlib";

/** The content of a file that Velero has stored as gzipped JSON. */
export const parseGzipped = <T>(file: Buffer): T => JSON.parse(gunzipSync(file).toString("utf8")) as T;
