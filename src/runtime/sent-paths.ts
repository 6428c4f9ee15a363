type Self = Bun.Server<undefined>;

/** Answers a request; `sentPath` is set if the runtime's URL has another path than the client sent. */
type Answer = (request: Request, self: Self, sentPath?: string) => Promise<Response>;

type Handler = (request: Bun.BunRequest, self: Self) => Promise<Response>;

/** The maximum number of segments of a path that are compared. */
const maxDepth = 32;

/** Folders whose paths contain keys and names of clients: all methods are compared. */
const keyFolders = ['/v1', '/signed', '/f'];

/**
 * The methods that are compared elsewhere: `PUT /{name}` creates a payload of that name, and DELETE removes one. The
 * others only read by generated ids, or create ids. They are the most frequent, so they need no such route.
 */
const comparedMethods = ['PUT', 'PATCH', 'DELETE'] as const;

/**
 * Routes for `Bun.serve` that detect paths which the URL parser has changed. The parser resolves `.` and `..` segments,
 * however they are encoded, and treats a backslash as a slash (WHATWG URL Standard, "path state"), so a write could
 * reach another key. Bun matches routes against the path as the client sent it. Empty segments match no parameter: only
 * the segments before the first empty one, and only the first 32, are compared.
 *
 * @param basePath A prefix that paths may have, without a trailing slash.
 */
export function sentPathRoutes(answer: Answer, basePath: string): Routes {
  const routes: Routes = {};
  for (const folder of allFolders(basePath)) {
    routes[`${folder}/*`] = comparedFolder(`${folder}/`, answer);
    addSegments(routes, folder, answer, (handler) => handler);
  }
  addSegments(routes, '', answer, (handler) =>
    Object.fromEntries(comparedMethods.map((method) => [method, handler])),
  );
  return routes;
}

/** Answers requests that no route matched. If their path is in a folder of keys, the client sent another one. */
export function answerUnmatched(
  answer: Answer,
  basePath: string,
): (request: Request, self: Self) => Promise<Response> {
  const folders = allFolders(basePath).map((folder) => `${folder}/`);
  return (request, self) => {
    const { url } = request;
    const at = url.indexOf('/', url.indexOf('://') + 3);
    return answer(request, self, folders.some((folder) => url.startsWith(folder, at)) ? '/' : undefined);
  };
}

function allFolders(basePath: string): string[] {
  return basePath === '' ? keyFolders : [...keyFolders, ...keyFolders.map((folder) => basePath + folder)];
}

type Routes = Record<string, Handler | Partial<Record<(typeof comparedMethods)[number], Handler>>>;

/** Adds a route for each depth below a folder. */
function addSegments(
  routes: Routes,
  folder: string,
  answer: Answer,
  forMethods: (handler: Handler) => Routes[string],
): void {
  let path = folder;
  for (let depth = folder.split('/').length; depth <= maxDepth; depth += 1) {
    path += `/:s${depth}`;
    routes[path] = forMethods(compared(path, answer));
    // For paths that end with a slash, have an empty segment next, or are deeper.
    routes[`${path}/*`] = forMethods(comparedFolder(`${path}/`, answer));
  }
}

function compared(template: string, answer: Answer): Handler {
  const names = parametersOf(template);
  return (request, self) => {
    const { params } = request;
    for (const name of names)
      if (mayDiffer(params[name])) {
        const sentPath = filled(template, params);
        return answer(request, self, leadsTo(request, params, sentPath, false) ? undefined : sentPath);
      }
    return answer(request, self);
  };
}

/** Compares the path before the wildcard of a route, and does not check the rest. */
function comparedFolder(template: string, answer: Answer): Handler {
  const names = parametersOf(template);
  return (request, self) => {
    const { url } = request;
    const params = names.length > 0 ? request.params : {};
    const folder = filled(template, params);
    const isPlain =
      !url.startsWith('/') &&
      url.startsWith(folder, url.indexOf('/', url.indexOf('://') + 3)) &&
      !names.some((name) => mayDiffer(params[name]));
    return answer(request, self, isPlain || leadsTo(request, params, folder, true) ? undefined : folder);
  };
}

/** Whether a segment is dots, or contains a backslash or Bun's replacement of bytes that it cannot decode. */
function mayDiffer(segment = ''): boolean {
  return segment === '.' || segment === '..' || segment.includes('\\') || segment.includes('\ufffd');
}

/** Whether the URL of a request still has the sent path, or is in that folder. */
function leadsTo(
  { url }: Request,
  params: Record<string, string>,
  sentPath: string,
  isFolder: boolean,
): boolean {
  if (Object.values(params).some((segment) => segment === '.' || segment === '..')) return false;
  // Without a valid Host, Bun's URL is the path as it was sent, and is resolved only later.
  const path = decoded(new URL(url, 'http://localhost').pathname);
  // A path that is not percent-encoded UTF-8 names no key.
  if (path === undefined) return !sentPath.includes('\\');
  return isFolder ? path.startsWith(sentPath) : path === sentPath;
}

function parametersOf(template: string): string[] {
  return [...template.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

function filled(template: string, params: Record<string, string>): string {
  return template.replace(/:(\w+)/g, (_, name: string) => params[name] ?? '');
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
