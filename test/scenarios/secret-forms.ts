/** Every form in which a secret might slip out. Inside of longer base64 its ends depend on its neighbours. */
export function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.from("x".repeat(shift) + secret).toString("base64");
    return encoded.slice(shift === 0 ? 0 : 4).replace(/.{0,3}=*$/, "");
  });
  const json = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, encodeURIComponent(secret), json, ...base64])];
}
