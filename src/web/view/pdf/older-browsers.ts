// Polyfills that the legacy build of pdf.js needs in the oldest browsers of docs/web.md: Chrome has the first since
// 119, and the others since 132; Safari has the others since 18.
Promise.withResolvers ??= function withResolvers<Value>() {
  const result = {} as PromiseWithResolvers<Value>;
  result.promise = new Promise<Value>((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
};
for (const kind of [Response, Blob])
  kind.prototype.bytes ??= async function bytes(this: Response | Blob) {
    return new Uint8Array(await this.arrayBuffer());
  };
