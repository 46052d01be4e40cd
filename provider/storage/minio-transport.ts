import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { failureIn, isWebPage } from "./s3-answer.ts";
import { StoreRefusal } from "./store-failure.ts";

type OnAnswer = (answer: IncomingMessage) => void;

/**
 * The HTTP that the minio package is given. The package throws the words of a 5xx away, takes a web page for an
 * empty error (or, with status 200, for the object), and knows no status afterwards; so every answer that is no
 * success is read here, and reaches the package as a failed request.
 */
export function minioTransport(isHttps: boolean): { request: typeof httpRequest } {
  const send = isHttps ? httpsRequest : httpRequest;
  return {
    request: (
      target: RequestOptions | string | URL,
      second?: RequestOptions | OnAnswer,
      third?: OnAnswer,
    ): ClientRequest => {
      const onAnswer = typeof second === "function" ? second : third;
      const options = typeof second === "object" ? second : {};
      const request =
        typeof target === "string" || target instanceof URL ? send(target, options) : send(target);
      request.on("response", (answer) => {
        const head = { status: answer.statusCode ?? 0, headers: answer.headers };
        if (head.status < 300 && !isWebPage(head)) return onAnswer?.(answer);
        text(answer).then(
          (body) => request.emit("error", new StoreRefusal(failureIn(head, body))),
          (error: unknown) => request.emit("error", error),
        );
      });
      return request;
    },
  };
}
