import { endpointProblem } from "./endpoint.ts";
import { certificateProblem } from "./http-agent.ts";
import type { S3Place } from "./s3-errors.ts";
import { StoreError } from "./store-error.ts";

interface Declared {
  endpoint?: string | undefined;
  caCertificate?: string | undefined;
}

/** Says what is wrong with the endpoint and the certificate as declared, before a client says it worse. */
export function checkConnection(place: S3Place, { endpoint, caCertificate }: Declared): void {
  const refuse = (field: keyof Declared, problem: string | undefined) => {
    if (problem === undefined) return;
    throw new StoreError({
      code: "StoreFailed",
      vendorCode: "BadSetting",
      property: `${place.property}.${field}`,
      what: `the ${field} of ${place.address} ${problem}`,
    });
  };
  if (endpoint !== undefined) refuse("endpoint", endpointProblem(endpoint));
  if (caCertificate !== undefined) refuse("caCertificate", certificateProblem(caCertificate));
}
