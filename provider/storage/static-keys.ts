import type { StaticCredentials } from "./storage-config.ts";

/** The keys without the line break that files and `echo` end with, which would pass for a wrong key. */
export function staticKeys(credentials: StaticCredentials<string>): StaticCredentials<string> {
  const sessionToken = credentials.sessionToken?.trim();
  return {
    accessKeyId: credentials.accessKeyId.trim(),
    secretAccessKey: credentials.secretAccessKey.trim(),
    ...(sessionToken && { sessionToken }),
  };
}
