import { expect, test } from "vitest";
import { endpointProblem, shownEndpoint } from "../../../provider/store/coordinates.ts";

test.each(["http://minio:9000", "https://s3.example.com", "HTTPS://s3.example.com/", "http://[::1]:9000"])(
  "takes %s",
  (endpoint) => {
    expect(endpointProblem(endpoint)).toBeUndefined();
  },
);

test.each([
  ["", "must begin with http"],
  ["minio:9000", "must begin with http"],
  ["s3://bucket", "must begin with http"],
  ["http://", "is not a URL"],
  ["https://s3.example.com/minio", "must end after the host and port"],
  ["https://s3.example.com/?x=secret", "without ? or #"],
  ["https://user:secret@s3.example.com", "must not hold a user name or password"],
])("refuses %j, without repeating it", (endpoint, words) => {
  expect(endpointProblem(endpoint)).toContain(words);
  expect(endpointProblem(endpoint)).not.toContain("secret");
});

test.each([
  ["https://user:secret@s3.example.com:9000/path?token=secret", "https://s3.example.com:9000"],
  ["http://minio:9000/", "http://minio:9000"],
  ["minio:9000", "an unreadable endpoint"],
  ["http://", "an unreadable endpoint"],
])("shows %s as %s", (endpoint, shown) => {
  expect(shownEndpoint(endpoint)).toBe(shown);
});
