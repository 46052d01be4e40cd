/** Why a request failed, in the words of the vendor or, where nobody spoke its protocol, of Node (`ECONNREFUSED`) or ours (`NotS3`). */
export interface StoreFailure {
  code: string;
  /** The server's words. */
  said: string;
  status?: number | undefined;
  /** The bucket's region, where the server gave it away. */
  region?: string | undefined;
  /** Which server said so, where it was not the store: the one that hands out temporary credentials. */
  from?: "identity" | undefined;
}

/** A failed request, already understood. */
export class StoreRefusal extends Error {
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure) {
    super(failure.said);
    this.name = "StoreRefusal";
    this.failure = failure;
  }
}
