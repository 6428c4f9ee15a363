type Self = Bun.Server<undefined>;

/** Answers a request; `sentPath` is set where the runtime's URL leads to another path than the client sent. */
type Answer = (request: Request, self: Self, sentPath?: string) => Promise<Response>;

type Handler = (request: Bun.BunRequest, self: Self) => Promise<Response>;

/** The most segments of a path that are compared. */
const deepest = 32;

/** Folders in which clients put keys and names into paths: here all methods are compared. */
const keyFolders = ['/v1', '/signed', '/f'];

/**
 * What is compared elsewhere: `PUT /{name}` makes a payload of that name, and DELETE removes one. Others only read by
 * generated ids, or make ids; they are the busiest, and pay for no route.
 */
const comparedMethods = ['PUT', 'PATCH', 'DELETE'] as const;

/**
 * Routes for `Bun.serve` that find the paths which the URL parser has changed. It resolves `.` and `..` segments,
 * however they are encoded, and takes a backslash for a slash (WHATWG URL Standard, "path state"), so that a write
 * could reach another key. Bun matches routes against the path as it was sent. Empty segments match no parameter:
 * from the first one on, and after 32 segments, only the part before is compared.
 *
 * @param basePath What paths may begin with beside their own, without a trailing slash.
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

/** Answers what no route has matched: a path that leads into a folder of keys was sent as another one. */
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
  for (let depth = folder.split('/').length; depth <= deepest; depth += 1) {
    path += `/:s${depth}`;
    routes[path] = forMethods(compared(path, answer));
    // For what ends with a slash, has an empty segment next, or is deeper.
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

/** Compares what comes before the wildcard of a route, and leaves the rest of the path unchecked. */
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

/** Whether a segment is dots, has a backslash, or has what Bun puts in the place of bytes that it cannot decode. */
function mayDiffer(segment = ''): boolean {
  return segment === '.' || segment === '..' || segment.includes('\\') || segment.includes('\ufffd');
}

/** Whether the URL of a request still leads to the path that was sent, or into that folder. */
function leadsTo(
  { url }: Request,
  params: Record<string, string>,
  sentPath: string,
  isFolder: boolean,
): boolean {
  if (Object.values(params).some((segment) => segment === '.' || segment === '..')) return false;
  // Without a readable Host, Bun's URL is the path as it was sent, and is resolved only later.
  const path = decoded(new URL(url, 'http://localhost').pathname);
  // What is not percent-encoded UTF-8 names no key.
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
