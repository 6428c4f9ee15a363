// What pdf.js takes for granted in its build for older browsers, and those of docs/web.md do not all have: Chrome has
// the first since 119, and the others since 132, as Safari has since 18.
Promise.withResolvers ??= function withResolvers<Value>() {
  const made = {} as PromiseWithResolvers<Value>;
  made.promise = new Promise<Value>((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
for (const kind of [Response, Blob])
  kind.prototype.bytes ??= async function bytes(this: Response | Blob) {
    return new Uint8Array(await this.arrayBuffer());
  };
