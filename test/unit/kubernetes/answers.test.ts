import { expect, test } from "vitest";
import {
  isConflict,
  isForbidden,
  isOfOneKind,
  isTransient,
  isUnreachable,
  type KubernetesError,
  readAnswer,
  unreachable,
} from "../../../provider/kubernetes/kubernetes-error.ts";
import { clusterLabel } from "../../../provider/kubernetes/connection.ts";

const label = clusterLabel("east");
const CALL = "GET /apis/velero.io/v1/namespaces/velero/backups/b";

function failure(status: number, text: string, call = CALL): KubernetesError {
  try {
    readAnswer(label, call, { status, text });
  } catch (error) {
    return error as KubernetesError;
  }
  throw new Error("no failure");
}

const statusObject = (reason: string) =>
  JSON.stringify({ kind: "Status", reason, message: `said ${reason}` });

test("an answer is its object", () => {
  expect(readAnswer(label, CALL, { status: 201, text: '{"metadata":{"name":"b"}}' })).toEqual({
    metadata: { name: "b" },
  });
});

test("an object that is not there is told from a cluster without Velero, and from one without the namespace", () => {
  expect(failure(404, statusObject("NotFound"))).toMatchObject({ reason: "NotFound", status: 404 });
  expect(failure(404, "404 page not found\n")).toMatchObject({
    reason: "NoVelero",
    message: expect.stringMatching(/does not know Velero's kinds.*Install Velero 1\.14 or newer/),
  });
  expect(failure(404, statusObject("NotFound"), "POST /api/v1/namespaces/velero/secrets")).toMatchObject({
    reason: "NoNamespace",
    property: "clusters.east.namespace",
  });
});

test("a refusal names the cluster, the call, the server's words and what to do", () => {
  expect(failure(403, statusObject("Forbidden")).message).toBe(
    `clusters.east: cluster "east" forbids ${CALL}: said Forbidden. Give the kubeconfig's user the right that is named.`,
  );
  expect(failure(401, "").message).toContain("clusters.east.kubeconfig: ");
});

test.each([
  [403, 'admission webhook "validate.kyverno.svc-fail" denied the request: labels are required'],
  [400, 'admission webhook "validation.gatekeeper.sh" denied the request: [owner] missing'],
  [
    422,
    "schedules.velero.io \"s\" is forbidden: ValidatingAdmissionPolicy 'team' with binding 'team' denied request: a team is required",
  ],
  [403, 'secrets "s" is forbidden: exceeded quota: objects, requested: count/secrets=1'],
])("a policy that refuses with %i is no missing right: %s", (status, message) => {
  const refused = failure(status, JSON.stringify({ kind: "Status", reason: "Forbidden", message }));
  expect(refused).toMatchObject({ code: "AdmissionRefused", status });
  expect(refused.message).toContain(message);
  expect(refused.message).not.toContain("Give the kubeconfig's user");
});

test("what a proxy says instead is quoted, but not at length", () => {
  const { message, reason } = failure(502, `<html>${"x".repeat(10_000)}</html>`);
  expect(reason).toBe("HTTP 502");
  expect(message.length).toBeLessThan(600);
});

test("200 with something else than JSON is no success", () => {
  expect(failure(200, "<html>Log in</html>")).toMatchObject({ reason: "HTTP 200" });
});

test("verdicts: which failures may pass by themselves, and which say who was first", () => {
  expect([429, 500, 502, 503, 504].every((status) => isTransient(failure(status, "")))).toBe(true);
  expect([400, 401, 403, 404, 409, 422].some((status) => isTransient(failure(status, "")))).toBe(false);
  expect(isConflict(failure(409, statusObject("AlreadyExists")))).toBe(true);
  expect(isForbidden(failure(403, ""))).toBe(true);
  expect(isUnreachable(failure(503, ""))).toBe(false);
});

test("silence is told as such, with the way out for a cluster that is gone", () => {
  const timeout = new DOMException("The operation was aborted due to timeout", "TimeoutError");
  const error = unreachable({ label, server: "https://east:6443" }, timeout);
  expect(error.message).toMatch(
    /does not answer at https:\/\/east:6443: no answer in time\..*`offline: true`/,
  );
  expect([isUnreachable(error), isTransient(error)]).toEqual([true, true]);
});

test.each([
  [500, '{"message":"conversion webhook for a.example.com/v1beta1, Kind=A failed: connection refused"}'],
  [503, "service unavailable\n"],
  [503, "error trying to reach service: dial tcp 10.0.0.1:443: i/o timeout"],
])(
  "what stands behind one kind is told from the cluster itself, and is not tried again: %i %s",
  (status, text) => {
    const told = failure(status, text, "GET /apis/a.example.com/v1/as");
    expect(isOfOneKind(told)).toBe(true);
    expect(isTransient(told)).toBe(false);
  },
);

test.each([
  [500, '{"message":"etcdserver: leader changed"}'],
  [503, "<html>503 Service Unavailable</html>"],
  [503, '{"message":"the server is shutting down"}'],
])("a cluster that is not well is tried again: %i %s", (status, text) => {
  const told = failure(status, text, "GET /apis/a.example.com/v1/as");
  expect(isOfOneKind(told)).toBe(false);
  expect(isTransient(told)).toBe(true);
});
