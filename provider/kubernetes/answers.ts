import { Problem, wordsOf } from "../errors.ts";
import { isPassingProxyError, type ProxyError, proxyTodo } from "../proxy/proxy-error.ts";
import { type Proxy, shownProxy } from "../proxy/proxy.ts";
import type { ClusterLabel } from "./connection.ts";
import { proxyFailure } from "./proxy-failure.ts";
import {
  ADMISSION_REFUSED,
  isKindDown,
  isOfAdmission,
  KIND_DOWN,
  KubernetesError,
} from "./kubernetes-error.ts";

/** The object in the API server's answer, or the KubernetesError that its status means. */
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

  // Kubernetes answers with a Status object where it knows the kind, with bare text where it does not.
  if (status === 404 && body === undefined && call.includes("/apis/velero.io/")) {
    throw fail(
      "NoVelero",
      `${cluster} does not know Velero's kinds (${call})`,
      "Install Velero 1.14 or newer there, its CRDs included, and make this resource depend on it.",
    );
  }
  // What is created here goes into Velero's namespace.
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

/** No answer came: of the cluster, or of the proxy before it. */
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
    // What its proxy refuses it refuses again.
    status: isPassingProxyError(error.code) || error.code === "ERR_PROXY_SILENT" ? 0 : 407,
    reason: "Unreachable",
    property: proxy.from === "proxy-url" ? `${label.property}.kubeconfig` : label.property,
    what: `cluster "${label.key}" at ${server} cannot be reached: ${error.message}`,
    todo: proxyTodo[error.code],
  });
}

/** An exec plugin that fails is no cluster that does not answer: waiting does not cure it. */
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
