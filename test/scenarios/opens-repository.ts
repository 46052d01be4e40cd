import { createDecipheriv, hkdfSync, scryptSync } from "node:crypto";

/** Whether a kopia repository, told by its `kopia.repository` object, was made with that password. */
export function opensRepository(repository: string, password: string): boolean {
  const { uniqueID, keyAlgo, encryption, encryptedBlockFormat } = JSON.parse(repository) as Record<
    "uniqueID" | "keyAlgo" | "encryption" | "encryptedBlockFormat",
    string
  >;
  if (keyAlgo !== "scrypt-65536-8-1" || encryption !== "AES256_GCM") {
    throw new Error(`a repository of another make: ${keyAlgo}, ${encryption}`);
  }
  const id = Buffer.from(uniqueID, "base64");
  const master = scryptSync(password, id, 32, { N: 65_536, r: 8, p: 1, maxmem: 256 * 1024 * 1024 });
  const derived = (purpose: string) => Buffer.from(hkdfSync("sha256", master, id, purpose, 32));
  const sealed = Buffer.from(encryptedBlockFormat, "base64");
  const decipher = createDecipheriv("aes-256-gcm", derived("AES"), sealed.subarray(0, 12));
  decipher.setAAD(derived("CHECKSUM"));
  decipher.setAuthTag(sealed.subarray(-16));
  decipher.update(sealed.subarray(12, -16));
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
