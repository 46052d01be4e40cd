import { CANARY, type Mistake, refused, refusedByUp, told } from "./row.ts";

const key = "storage.gcp.credentials.serviceAccountKey";
const accountKey = "storage.azure.credentials.storageAccountKey";

const gcp = (env: Mistake["env"]) => ({ storage: "gcp({ prefix: name })", ...(env && { env }) });
const azure = (env: Mistake["env"]) => ({ storage: "azure({ prefix: name })", ...(env && { env }) });
const googleKey = (GCS_KEY: string) => gcp(() => ({ GCS_KEY }));

/** What can be wrong with Google Cloud Storage and Azure Blob Storage. */
export const otherStores: Mistake[] = [
  refused(
    "a path where Google's key should be",
    key,
    ["neither JSON nor base64", "{ file }"],
    googleKey(`/secrets/${CANARY}.json`),
  ),
  refused(
    "base64 of something else where Google's key should be",
    key,
    ["client_email and private_key are missing"],
    googleKey(Buffer.from(JSON.stringify({ password: CANARY })).toString("base64")),
  ),
  refused(
    "a user's own Google credentials",
    key,
    ["of another type"],
    googleKey(JSON.stringify({ type: "authorized_user", refresh_token: CANARY })),
  ),
  refused(
    "Google's key broken in the middle",
    key,
    ["does not take this key"],
    gcp(({ keyFile }) => ({
      GCS_KEY: keyFile({
        private_key: `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`,
      }),
    })),
  ),
  refused(
    "a key that was deleted in Google",
    key,
    ["invalid_grant", "The key was deleted or has expired"],
    gcp(({ keyFile, fakes }) => ({ GCS_KEY: keyFile({ token_uri: `${fakes.tokens}/token` }) })),
  ),
  told(
    "a bucket that does not exist in Google",
    "storage.gcp.bucket",
    ["nobody-has-this", "Create the bucket first"],
    gcp(() => ({ GCS_BUCKET: "nobody-has-this" })),
  ),
  refused(
    "a bucket of Google's under a retention policy",
    "storage.gcp.bucket",
    ["for 7 days (retention policy)", "Velero cannot live with"],
    gcp(({ fakes }) => ({ GCS_ENDPOINT: fakes.wormGcs })),
  ),
  refused(
    "a wrong key of the storage account",
    accountKey,
    [/AuthenticationFailed|AuthorizationFailure/, "account's two access keys"],
    azure(() => ({ AZURE_KEY: Buffer.from(CANARY).toString("base64") })),
  ),
  refused(
    "a storage account's key that is not even base64",
    accountKey,
    ["account's two access keys"],
    azure(() => ({ AZURE_KEY: `${CANARY}!` })),
  ),
  told(
    "a container that does not exist",
    "storage.azure.container",
    ["ContainerNotFound", "Create the container first"],
    azure(() => ({ AZURE_CONTAINER: "nobody-has-this" })),
  ),
  refused(
    "a storage account's name that none can have",
    "storage.azure.storageAccount",
    ["3 to 24 lower-case letters and digits"],
    { storage: `azure({ storageAccount: "Back-ups" })` },
  ),
  refused(
    "a container under a legal hold",
    "storage.azure.container",
    ["legal hold", "Velero cannot live with"],
    azure(({ fakes }) => ({ AZURE_ENDPOINT: `${fakes.wormAzure}/sandbox` })),
  ),
  refused(
    "a service principal's tenant that cannot be one",
    "storage.azure.credentials.servicePrincipal.tenantId",
    [],
    {
      storage: `azure({ credentials: { servicePrincipal: { tenantId: "my tenant", clientId: "id", clientSecret: { env: "AZURE_KEY" } } } })`,
    },
  ),
  // Velero tells its plugins only to who writes into the cluster.
  refusedByUp(
    "a store of which the cluster's Velero lacks the plugin",
    "clusters.east",
    ['has no plugin for provider "azure"', "velero plugin add"],
    azure(undefined),
  ),
];
