import { Problem, wordsOf } from "../core/errors.ts";
import {
  isPassingProxyError,
  type Proxy,
  type ProxyError,
  proxyTodo,
  refusedByProxy,
  shownProxy,
  unreachableProxy,
} from "../proxy/proxy-for.ts";
import type { ClusterLabel } from "./connection.ts";

/** The codes of failures. If Kubernetes' own reason is one of these, it is the code. */
const CODES = [
  "AdmissionRefused",
  "Forbidden",
  "NoNamespace",
  "NoVelero",
  "NotFound",
  "Unauthorized",
  "Unreachable",
] as const;

/** The API refused a request, or could not be reached. `status` is 0 if there was no answer. */
export class KubernetesError extends Problem {
  readonly status: number;
  /** Kubernetes' own reason (`NotFound`, `AlreadyExists`, `Forbidden`), or `Unreachable`. */
  readonly reason: string;
  /** A list whose token has expired continues with this one. */
  readonly continueToken: string | undefined;

  constructor(parts: {
    status: number;
    reason: string;
    what: string;
    property?: string;
    said?: string;
    todo?: string;
    cause?: unknown;
    continueToken?: string | undefined;
  }) {
    const code = CODES.find((known) => known === parts.reason) ?? "ClusterRefused";
    super({ ...parts, code });
    this.name = "KubernetesError";
    this.status = parts.status;
    this.reason = parts.reason;
    this.continueToken = parts.continueToken;
  }
}

export const isUnreachable = (error: unknown): boolean =>
  error instanceof KubernetesError && error.reason === "Unreachable";

export const isConflict = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 409;

/** Returns true if the server has no data any more for the resource version of a list. */
export const isExpired = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 410;

export const isForbidden = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 403;

/** The reason for a write that the API server's admission refused. */
const ADMISSION_REFUSED = "AdmissionRefused";

/**
 * Returns true if a policy, a webhook, a quota or Pod Security refused a write. Permissions are not the cause, although
 * many of them answer 403 (k8s.io/apiserver `pkg/admission/plugin/webhook/errors/statuserror.go`,
 * `pkg/admission/plugin/policy/validating/dispatcher.go`, `pkg/admission/errors.go`).
 */
const isOfAdmission = (status: number, said: string): boolean =>
  status >= 400 &&
  status < 500 &&
  /admission webhook "[^"]*" denied|(Validating|Mutating)AdmissionPolicy '[^']*'|exceeded quota|violates PodSecurity/.test(
    said,
  );

/** Returns true if the object does not exist, or its kind is not served. */
export const isAbsent = (error: unknown): boolean => error instanceof KubernetesError && error.status === 404;
/** Returns true if the API exists, and the server behind this part of it does not answer. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 503;

/** The reason for a failure of one kind alone, while the API server works. */
const KIND_DOWN = "KindDown";

/**
 * Returns true if an API server reports that the server behind one kind does not work: the webhook that converts its
 * versions (k8s.io/apiextensions-apiserver `pkg/apiserver/conversion/webhook_converter.go`), or the server of an
 * aggregated API (k8s.io/kube-aggregator `pkg/apiserver/handler_proxy.go`).
 */
const isKindDown = (status: number, said: string): boolean =>
  (status === 500 && /\bconversion webhook for .* (failed|returned)\b/s.test(said)) ||
  (status === 503 && /^(service unavailable\s*$|error trying to reach service)/.test(said));

export const isOfOneKind = (error: unknown): boolean =>
  error instanceof KubernetesError && error.reason === KIND_DOWN;

/** Returns true if a retry may succeed: no answer, throttling, or a server that is starting or electing a leader. */
export const isTransient = (error: unknown): boolean =>
  error instanceof KubernetesError &&
  !isOfOneKind(error) &&
  [0, 429, 500, 502, 503, 504].includes(error.status);

/** Returns the object in the API server's response. Throws the KubernetesError for its status. */
export function readAnswer(
  label: ClusterLabel,
  call: string,
  answer: { status: number; text: string },
): unknown {
  const { status, text } = answer;
  const body = parse(text);
  if (status >= 200 && status < 300 && body !== undefined) return body;

  const said = body?.message ?? text.slice(0, 300);
  const cluster = `cluster "${label.key}"`;
  const fail = (reason: string, what: string, todo?: string, property = label.property) =>
    new KubernetesError({
      status,
      reason,
      property,
      what,
      said,
      continueToken: body?.metadata?.continue,
      ...(todo ? { todo } : {}),
    });

  // Kubernetes answers with a Status object if it knows the kind, and with plain text if it does not.
  if (status === 404 && body === undefined && call.includes("/apis/velero.io/")) {
    throw fail(
      "NoVelero",
      `${cluster} does not know Velero's kinds (${call})`,
      "Install Velero 1.14 or newer there, its CRDs included, and make this resource depend on it.",
    );
  }
  // Everything that is created here is in Velero's namespace.
  if (status === 404 && call.startsWith("POST ")) {
    throw fail(
      "NoNamespace",
      `${cluster} lacks the namespace that Velero should run in (${call})`,
      "Name the one in which it runs, or install Velero there first and make this resource depend on it.",
      `${label.property}.namespace`,
    );
  }
  if (status === 404) {
    throw fail(body?.reason ?? "NotFound", `${cluster} has no such object (${call})`);
  }
  if (status === 401) {
    throw fail(
      "Unauthorized",
      `${cluster} does not accept the kubeconfig's credentials`,
      "Renew them; where an exec plugin makes them, run it by hand.",
      `${label.property}.kubeconfig`,
    );
  }
  if (isOfAdmission(status, said)) {
    throw fail(
      ADMISSION_REFUSED,
      `a policy of ${cluster} refused ${call}`,
      "No right is missing: do what the policy asks for, or have it leave out Velero's namespace.",
    );
  }
  if (status === 403) {
    throw fail(
      "Forbidden",
      `${cluster} forbids ${call}`,
      "Give the kubeconfig's user the right that is named.",
    );
  }
  if (isKindDown(status, said)) throw fail(KIND_DOWN, `${cluster} cannot carry out ${call}`);
  throw fail(body?.reason ?? `HTTP ${status}`, `${cluster} refused ${call}`);
}

/** Makes the error for a missing answer of the cluster or of its proxy. */
export function unreachable(
  { label, server, proxy }: { label: ClusterLabel; server: string; proxy?: Proxy | undefined },
  error: unknown,
): KubernetesError {
  const failed = proxy && proxyFailure(proxy, server, error);
  if (failed) return unreachableThrough(failed, { label, server, proxy });
  const timedOut = error instanceof Error && error.name === "TimeoutError";
  return new KubernetesError({
    status: 0,
    reason: "Unreachable",
    property: `${label.property}.kubeconfig`,
    what: `cluster "${label.key}" does not answer at ${server}${proxy ? ` through ${shownProxy(proxy)}` : ""}`,
    said: timedOut ? "no answer in time" : wordsOf(error),
    todo: /certificate/i.test(wordsOf(error))
      ? "Another authority has signed its certificate than the kubeconfig's certificate-authority-data: fetch the kubeconfig anew, and see that the address is the cluster's."
      : "Check its address, the network and the proxy from where Pulumi runs; a cluster that is gone is declared with `offline: true`.",
    cause: error,
  });
}

function unreachableThrough(
  error: ProxyError,
  { label, server, proxy }: { label: ClusterLabel; server: string; proxy: Proxy },
): KubernetesError {
  return new KubernetesError({
    // A proxy refuses again what it refused once.
    status: isPassingProxyError(error.code) || error.code === "ERR_PROXY_SILENT" ? 0 : 407,
    reason: "Unreachable",
    property: proxy.from === "proxy-url" ? `${label.property}.kubeconfig` : label.property,
    what: `cluster "${label.key}" at ${server} cannot be reached: ${error.message}`,
    todo: proxyTodo[error.code],
  });
}

/** Makes the error for an exec plugin that fails. The cluster may answer, so waiting does not help. */
export const noCredentials = (label: ClusterLabel, error: unknown): Problem =>
  new Problem({
    code: "NoCredentials",
    property: `${label.property}.kubeconfig`,
    what: `the kubeconfig of cluster "${label.key}" gives no way in`,
    said: wordsOf(error),
    todo: "Where an exec plugin makes the credentials, run it by hand, in the environment in which Pulumi runs.",
    cause: error,
  });

interface Status {
  message?: string;
  reason?: string;
  metadata?: { continue?: string };
}

function parse(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the proxy's failure in an error of undici or the SOCKS client. Returns undefined if the failure is behind the
 * proxy.
 */
function proxyFailure(proxy: Proxy, server: string, error: unknown): ProxyError | undefined {
  const words = wordsOf(error);
  const [, tunnel, forward] =
    /Proxy response \((\d+)\) !== 200|Proxy Authentication Required \((407)\)/.exec(words) ?? [];
  const status = Number(tunnel ?? forward);
  if (status) return refusedByProxy(proxy, new URL(server).host, status);
  // All connections go to the proxy. Failures behind it are in its response.
  const code =
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)\b/.exec(
      `${codeOf(error)} ${words}`,
    )?.[1];
  return code === undefined ? undefined : unreachableProxy(proxy, error, code);
}

const codeOf = (error: unknown): string => {
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : cause === undefined ? "" : codeOf(cause);
};
