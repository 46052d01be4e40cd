import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";

const SALT_LENGTH = 8;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** Encrypts the secrets of a stack's state; the text says whose it is, so that a reader knows what they see. */
export class SecretCipher {
  readonly #key: Buffer;

  constructor(passphrase: string) {
    // The key protects nothing but test data: the cheapest parameters.
    this.#key = scryptSync(passphrase, "stand-in".padEnd(SALT_LENGTH), 32, { N: 2 });
  }

  encrypt(plaintext: string): string {
    const nonce = randomBytes(NONCE_LENGTH);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `stand-in:v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
  }

  decrypt(ciphertext: string): string {
    const [, , nonce = "", sealed = ""] = ciphertext.split(":");
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.#key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(bytes.subarray(-TAG_LENGTH));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_LENGTH)), decipher.final()]).toString(
      "utf8",
    );
  }
}
