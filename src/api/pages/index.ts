export { Assets } from './assets.ts';
export { createPages } from './renderer.ts';
export { mountPages } from './routes.ts';
