import { randomBytes } from "node:crypto";

/** A name that no other test has: `shop-3f9a2c81`. Good for buckets and for Kubernetes objects. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString("hex")}`;
}
