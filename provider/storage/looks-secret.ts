const NAME = /(?:secret|password|passphrase|token|key)$/i;

/** A private key, an access key of AWS, a signed URL of Azure's, and a URL with a password. */
const VALUES = [/-----BEGIN /, /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, /\bsig=[^&\s]+/, /:\/\/[^/@\s]*:[^/@\s]+@/];

/** Tells whether a value is a secret, by its name or by what it looks like. */
export const looksSecret = (name: string, value: string): boolean =>
  NAME.test(name) || VALUES.some((form) => form.test(value));
