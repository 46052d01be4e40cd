/** Stops a deployment whose error has been reported. */
export class Bail extends Error {}
