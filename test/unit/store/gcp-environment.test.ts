import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openGcp } from "../../../provider/store/gcp.ts";
import { closedPort, serve } from "../../contract/fronts.ts";
import { behindProxies } from "../../proxy/recording-proxy.ts";

beforeEach(async () => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY"]) vi.stubEnv(name, await closedPort());
});
afterEach(() => void vi.unstubAllEnvs());

/** As much of Google Cloud Storage as an empty bucket takes, and a key for it. */
async function emptyBucket() {
  const answers = createServer((incoming, outgoing) => {
    const token = { access_token: "token-of-tests", token_type: "Bearer", expires_in: 3600 };
    const body = incoming.url?.startsWith("/token") ? token : { kind: "storage#objects" };
    incoming.resume();
    outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  const endpoint = behindProxies(`http://127.0.0.1:${await serve(answers)}`);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const serviceAccountKey = JSON.stringify({
    type: "service_account",
    client_email: "velero@tests.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    token_uri: `${endpoint}/token`,
  });
  return openGcp({ bucket: "backups", endpoint, credentials: { serviceAccountKey } });
}

test.each(["0.0.0.0/8", "internal,0.0.0.0/8"])(
  "a bucket that NO_PROXY=%s says is near is used directly, and the environment stays as it is",
  async (noProxy) => {
    vi.stubEnv("NO_PROXY", noProxy);
    const environment = { ...process.env };
    const store = await emptyBucket();
    const both = await Promise.all([store.children(""), store.children("east/")]);
    const nothing = { folders: [], objects: [] };
    expect(both).toEqual([nothing, nothing]);
    expect({ ...process.env }).toEqual(environment);
  },
);
