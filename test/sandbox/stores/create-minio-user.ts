import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import type { Client } from "minio";
import type { MinioDescription } from "../description.ts";
import type { MinioUser } from "../sandbox.ts";
import { uniqueName } from "../unique-name.ts";

/** A user of MinIO's own whose one policy this is, by MinIO's admin API: it is all that `mc admin user add` does. */
export async function createMinioUser(
  client: Client,
  { secretKey: rootKey }: Pick<MinioDescription, "secretKey">,
  policy: object,
): Promise<MinioUser> {
  const user = { accessKey: uniqueName("user"), secretKey: randomBytes(20).toString("hex") };
  const put = (operation: string, query: Record<string, string>, body: string | Buffer = "") =>
    client.makeRequestAsync(
      {
        method: "PUT",
        bucketName: "minio",
        objectName: `admin/v3/${operation}`,
        query: String(new URLSearchParams(query)),
        pathStyle: true,
      },
      body,
    );
  await put("add-canned-policy", { name: user.accessKey }, JSON.stringify(policy));
  const account = JSON.stringify({ secretKey: user.secretKey, status: "enabled" });
  await put("add-user", { accessKey: user.accessKey }, sealed(account, rootKey));
  await put("set-user-or-group-policy", {
    policyName: user.accessKey,
    userOrGroup: user.accessKey,
    isGroup: "false",
  });
  return user;
}

/** MinIO's id of PBKDF2 and AES-GCM, of the ways to encrypt that it takes (madmin-go `encrypt.go`). */
const PBKDF2_AES_GCM = 2;

/** As madmin-go encrypts what the admin API takes, for whoever has root's key: one fragment of sio-go's stream. */
function sealed(content: string, password: string): Buffer {
  const salt = randomBytes(32);
  const key = pbkdf2Sync(password, salt, 8192, 32, "sha256");
  const nonce = randomBytes(8);
  const seal = (fragment: number, text: string, associated: Buffer): Buffer => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32LE(fragment);
    const cipher = createCipheriv("aes-256-gcm", key, Buffer.concat([nonce, counter])).setAAD(associated);
    return Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  };
  const isLast = Buffer.from([0x80]);
  const header = seal(0, "", Buffer.alloc(0));
  const fragment = seal(1, content, Buffer.concat([isLast, header]));
  return Buffer.concat([salt, Buffer.from([PBKDF2_AES_GCM]), nonce, fragment]);
}
