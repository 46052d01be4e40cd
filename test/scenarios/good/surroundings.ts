import { KubeConfig } from "@kubernetes/client-node";
import { selfSigned } from "../../contract/fronts.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { createNamespace } from "../../sandbox/seed-namespace.ts";
import { createCredentialSecret } from "../mistakes/credential-secret.ts";
import { startServers } from "../mistakes/servers.ts";
import { environmentOf } from "../stack.ts";

/** What the good configurations find: variables, and files beside the program. */
export interface Surroundings {
  env: Record<string, string>;
  files: Record<string, string>;
  close: () => Promise<void>;
}

export async function startSurroundings(sandbox: Sandbox): Promise<Surroundings> {
  const { minio, gcs, azure } = sandbox;
  if (!gcs || !azure) throw new Error("the sandbox lacks a store");
  const east = sandbox.cluster("east");
  const servers = startServers();
  const own = selfSigned("IP:127.0.0.1");
  const temporary = await minio.temporaryCredentials();
  const keyFile = (profile: string) =>
    `[${profile}]\naws_access_key_id = ${minio.accessKey}\naws_secret_access_key = ${minio.secretKey}\n`;
  const secret = await createCredentialSecret(east, minio);
  return {
    files: {
      "east.yaml": east.kubeconfig,
      key: minio.accessKey,
      secret: minio.secretKey,
      profiles: keyFile("backups"),
    },
    env: {
      ...(await environmentOf(sandbox, await minio.createBucket("good"))),
      DOTTED_BUCKET: await minio.createBucket("good.with.dots"),
      HTTPS_ENDPOINT: await servers.tls(minio.endpoint, own),
      CA: own.cert,
      TEMP_KEY: temporary.accessKey,
      TEMP_SECRET: temporary.secretKey,
      TEMP_TOKEN: temporary.sessionToken,
      // What the program has by itself, where it comes to a store as such.
      AWS_ACCESS_KEY_ID: minio.accessKey,
      AWS_SECRET_ACCESS_KEY: minio.secretKey,
      AWS_SHARED_CREDENTIALS_FILE: "profiles",
      KUBECONFIG: "east.yaml",
      OUR_SECRET: secret.name,
      SHOP: await createNamespace(east, "shop"),
      EAST_OBJECT: asObject(east.kubeconfig),
      GCS_BUCKET: await gcs.createBucket("good"),
      GCS_ENDPOINT: gcs.endpoint,
      GCS_KEY: gcs.serviceAccountKey,
      AZURE_ACCOUNT: azure.account,
      AZURE_CONTAINER: await azure.createContainer("good"),
      AZURE_ENDPOINT: azure.endpoint,
      AZURE_KEY: azure.key,
    },
    async close() {
      servers.close();
      await secret.remove();
    },
  };
}

function asObject(kubeconfig: string): string {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return config.exportConfig();
}
