const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Whether a value out of a stack's state is, or contains, a secret. */
export function isSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isSecret);
  if (typeof value !== "object" || value === null) return false;
  if ((value as Record<string, unknown>)[SIGNATURE_KEY] === SECRET_SIGNATURE) return true;
  return Object.values(value).some(isSecret);
}
