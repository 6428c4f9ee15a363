/** The versions of the generators, and of what their clients are compiled with. */
export const npm = {
  'openapi-typescript': '7.13.0',
  '@hey-api/openapi-ts': '0.99.0',
  // Both generators use the compiler's API, which TypeScript 7 does not have.
  typescript: '5.9.3',
};

export const python = {
  'openapi-python-client': '0.29.1',
  mypy: '2.4.1',
  // Clients of openapi-generator import these.
  pydantic: '2.14.3',
  'python-dateutil': '4.0.0',
  'types-python-dateutil': '2.9.0.20261104',
  urllib3: '2.8.0',
};

export const go = {
  'github.com/oapi-codegen/oapi-codegen/v2': 'v2.8.2',
  'github.com/oapi-codegen/runtime': 'v1.9.0',
  'github.com/ogen-go/ogen': 'v1.24.0',
};

export const maven = {
  'org.openapitools:openapi-generator-cli': '7.25.0',
  'org.apache.maven.plugins:maven-dependency-plugin': '3.8.1',
};
