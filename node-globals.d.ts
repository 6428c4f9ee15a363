// Globals in the program that Node 22.15 lacks: those that `src/runtime/preparation.ts` adds, and those that only
// `src/runtime/` uses on Bun, whose own types would declare the newest ECMAScript and Node.

interface Uint8ArrayConstructor {
  fromBase64(text: string): Uint8Array<ArrayBuffer>;
}

declare const Bun: {
  serve(options: object): Bun.Server<undefined>;
  file(path: string): Blob;
  gc(isForced: boolean): void;
};

declare namespace Bun {
  type BunRequest = Request & { params: Record<string, string> };
  type Server<_> = {
    port?: number;
    requestIP(request: Request): { address: string } | null;
    timeout(request: Request, seconds: number): void;
    stop(): Promise<void>;
    closeIdleConnections(): void;
  };
}
