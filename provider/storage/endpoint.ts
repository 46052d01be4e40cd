/** What the endpoint of a kind of store looks like. */
interface EndpointForm {
  example: string;
  /** Neither Azure's packages nor Velero's plugin fetch tokens by plain HTTP. */
  isHttps?: true;
  /** What may follow host and port. */
  mayEnd: RegExp;
}

const anyS3: EndpointForm = { example: "https://minio.example.com:9000", mayEnd: /^\/$/ };

/** Azure Blob: emulators and appliances have the account in the path, not in the host's name. */
export const azureEndpoint: EndpointForm = {
  example: "https://backups.blob.core.windows.net",
  mayEnd: /^\/[a-z0-9]*\/?$/,
};

/** Microsoft's own have no path; that of an Azure Stack Hub with AD FS has one. */
export const azureAuthority: EndpointForm = {
  example: "https://login.microsoftonline.us",
  isHttps: true,
  mayEnd: /^\/(adfs\/?)?$/,
};

/**
 * What is wrong with an endpoint as written, or undefined. Offline, so that a resource's `check` can ask it too.
 * The answer never repeats the endpoint: a user name and password may stand in it.
 */
export function endpointProblem(
  endpoint: string,
  { example, mayEnd, isHttps }: EndpointForm = anyS3,
): string | undefined {
  if (!/^https?:\/\//i.test(endpoint)) return `must begin with http:// or https://, as in ${example}`;
  if (isHttps && !/^https:/i.test(endpoint)) return `must begin with https://, as in ${example}`;
  if (!URL.canParse(endpoint)) return `is not a URL like ${example}`;
  const url = new URL(endpoint);
  if (url.username || url.password)
    return "must not hold a user name or password; they belong into credentials";
  if (!mayEnd.test(url.pathname))
    return "must end after the host and port; the bucket and a folder belong into bucket and prefix";
  if (url.search || url.hash) return "must end after the host and port, without ? or #";
  return undefined;
}

/** An endpoint for messages: no user name, path or query. */
export function shownEndpoint(endpoint: string): string {
  if (!URL.canParse(endpoint)) return "an unreadable endpoint";
  const { protocol, host } = new URL(endpoint);
  return host ? `${protocol}//${host}` : "an unreadable endpoint";
}
