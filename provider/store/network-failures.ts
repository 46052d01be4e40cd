import { certificateProblem } from "./store-connections.ts";
import { endpointProblem } from "./coordinates.ts";
import { byCode, propertyOf, StoreError, type StorePlace, type Verdict } from "./store-error.ts";

/** The property to blame for failures before the store answers. These failures are the same for all stores. */
export const endpoint = ({ hasEndpoint }: StorePlace): string => (hasEndpoint ? "endpoint" : "");

const noSuchHost: Verdict = {
  code: "Unreachable",
  blame: ({ hasEndpoint, hostFrom = "" }) => (hasEndpoint ? "endpoint" : hostFrom),
  todo: ({ place: { hasEndpoint, hostFrom } }) => {
    if (hasEndpoint) {
      return "No such host: correct the endpoint's name, or reach the network (VPN, cluster DNS) in which it is known.";
    }
    const spelling = hostFrom === undefined ? "" : `the spelling of ${hostFrom}, and `;
    return `No such host: check ${spelling}this machine's DNS.`;
  },
};

/** The codes of Node and OpenSSL, and ours (`HttpToHttps`). */
export const networkVerdicts = byCode([
  { ...noSuchHost, codes: "ENOTFOUND" },
  { ...noSuchHost, codes: "EAI_AGAIN", isPassing: true },
  {
    codes: "ECONNREFUSED",
    code: "Unreachable",
    blame: endpoint,
    todo: "The host is there, but nothing listens at that port: check the port, and that the store is running.",
    isPassing: true,
  },
  {
    codes: "ETIMEDOUT TimeoutError EHOSTUNREACH ENETUNREACH EADDRNOTAVAIL",
    code: "Unreachable",
    blame: endpoint,
    todo: "Check host and port, and whether a firewall, VPN or proxy stands between this machine and the store.",
  },
  {
    codes: "ECONNRESET ECONNABORTED EPIPE",
    code: "Unreachable",
    blame: endpoint,
    todo: "The connection was broken off: check that the port is the store's, http or https as it expects, and any proxy between.",
    isPassing: true,
  },
  {
    codes: "EPROTO ERR_SSL_WRONG_VERSION_NUMBER ERR_SSL_PACKET_LENGTH_TOO_LONG",
    code: "Unreachable",
    blame: endpoint,
    todo: "No TLS is spoken there: if the store serves plain HTTP, begin the endpoint with http://.",
  },
  {
    codes: "HttpToHttps",
    code: "Unreachable",
    blame: endpoint,
    todo: "The store serves HTTPS: begin the endpoint with https://.",
  },
  {
    codes:
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY " +
      "DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN CERT_UNTRUSTED CERT_SIGNATURE_FAILURE",
    code: "UntrustedCertificate",
    blame: endpoint,
    todo: "Give the certificate of the authority that signed the store's (or the store's own, if self-signed) as caCertificate, in PEM form.",
  },
  {
    codes: "ERR_TLS_CERT_ALTNAME_INVALID",
    code: "UntrustedCertificate",
    blame: endpoint,
    todo: "The store's certificate is for another name: use one of its names in the endpoint, or have it issued for this one.",
  },
  {
    codes: "CERT_HAS_EXPIRED CERT_NOT_YET_VALID",
    code: "UntrustedCertificate",
    blame: endpoint,
    todo: "Renew the store's certificate (and check this machine's clock).",
  },
]);

interface Declared {
  endpoint?: string | undefined;
  caCertificate?: string | undefined;
}

/** Checks the declared endpoint and certificate, before a client reports them with a worse message. */
export function checkConnection(
  place: Pick<StorePlace, "property" | "address" | "declaredAs">,
  { endpoint, caCertificate }: Declared,
  form?: Parameters<typeof endpointProblem>[1],
): void {
  const refuse = (field: keyof Declared, problem: string | undefined) => {
    if (problem === undefined) return;
    throw new StoreError({
      code: "BadSetting",
      vendorCode: "BadSetting",
      property: propertyOf(place, field),
      what: `the ${field} of ${place.address} ${problem}`,
    });
  };
  if (endpoint !== undefined) refuse("endpoint", endpointProblem(endpoint, form));
  if (caCertificate !== undefined) refuse("caCertificate", certificateProblem(caCertificate));
}
