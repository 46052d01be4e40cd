/**
 * Declares an output of a resource by its type. Pulumi's SDK makes an Output of each property that a constructor names,
 * so an object of these is passed to it as it is.
 */
export const result = <T>(): T => undefined as T;
