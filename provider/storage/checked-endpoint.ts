import { endpointProblem } from "./endpoint.ts";
import { certificateProblem } from "./http-agent.ts";
import type { S3Place } from "./s3-errors.ts";
import { StoreError } from "./store-error.ts";

/** The endpoint and certificate as declared, or a StoreError that says what is wrong with them. */
export function checkedEndpoint(place: S3Place, endpoint: string, caCertificate: string | undefined): URL {
  const wrong = (field: string, problem: string) =>
    new StoreError({
      code: "StoreFailed",
      vendorCode: "BadSetting",
      property: `${place.property}.${field}`,
      what: `the ${field} of ${place.address} ${problem}`,
    });
  const badEndpoint = endpointProblem(endpoint);
  if (badEndpoint) throw wrong("endpoint", badEndpoint);
  const badCertificate = caCertificate && certificateProblem(caCertificate);
  if (badCertificate) throw wrong("caCertificate", badCertificate);
  return new URL(endpoint);
}
