import { Problem } from "../errors.ts";

/** What `reason` comes down to: with Kubernetes' own word, which may be any, where it is one of these. */
const CODES = [
  "AdmissionRefused",
  "Forbidden",
  "NoNamespace",
  "NoVelero",
  "NotFound",
  "Unauthorized",
  "Unreachable",
] as const;

/** The API said no, or could not be asked. `status` is 0 where no answer came at all. */
export class KubernetesError extends Problem {
  readonly status: number;
  /** Kubernetes' own word (`NotFound`, `AlreadyExists`, `Forbidden`), or `Unreachable`. */
  readonly reason: string;
  /** With it a list whose token has expired goes on. */
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

/** Of a list: the server has forgotten the moment that it is of. */
export const isExpired = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 410;

export const isForbidden = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 403;

/** The reason of a write that the API server's admission refused. */
export const ADMISSION_REFUSED = "AdmissionRefused";

/**
 * Tells whether a write was refused by a policy, a webhook, a quota or Pod Security, which has nothing to do with
 * rights: many of them answer 403 all the same (k8s.io/apiserver `pkg/admission/plugin/webhook/errors/statuserror.go`,
 * `pkg/admission/plugin/policy/validating/dispatcher.go`, `pkg/admission/errors.go`).
 */
export const isOfAdmission = (status: number, said: string): boolean =>
  status >= 400 &&
  status < 500 &&
  /admission webhook "[^"]*" denied|(Validating|Mutating)AdmissionPolicy '[^']*'|exceeded quota|violates PodSecurity/.test(
    said,
  );

/** The object is not there, or its kind is not served. */
export const isAbsent = (error: unknown): boolean => error instanceof KubernetesError && error.status === 404;
/** The API is there, and the server behind this part of it is not. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 503;

/** The reason of a failure that concerns one kind alone, while the API server is well. */
export const KIND_DOWN = "KindDown";

/**
 * Tells whether an API server passes on that what stands behind one kind does not work: the webhook that converts its
 * versions (k8s.io/apiextensions-apiserver `pkg/apiserver/conversion/webhook_converter.go`), or the server of an
 * aggregated API (k8s.io/kube-aggregator `pkg/apiserver/handler_proxy.go`).
 */
export const isKindDown = (status: number, said: string): boolean =>
  (status === 500 && /\bconversion webhook for .* (failed|returned)\b/s.test(said)) ||
  (status === 503 && /^(service unavailable\s*$|error trying to reach service)/.test(said));

export const isOfOneKind = (error: unknown): boolean =>
  error instanceof KubernetesError && error.reason === KIND_DOWN;

/** Worth another try in a moment: no answer, throttled, or a server that is just starting or electing. */
export const isTransient = (error: unknown): boolean =>
  error instanceof KubernetesError &&
  !isOfOneKind(error) &&
  [0, 429, 500, 502, 503, 504].includes(error.status);
