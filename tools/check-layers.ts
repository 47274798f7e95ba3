import { driverParents, featureNames, type Layer, layers } from './import-table.ts';
import type { ImportSite, Problem, SourceFile } from './source-file.ts';

/** Where a file of `src/` stands. `folder` is what its imports may always reach: its own part. */
interface Place {
  readonly layer: string;
  readonly folder: string;
}

const rule = 'layers';

/** Holds the imports of `src/` against the import table. Tests may wire real parts and are free of it. */
export function checkLayers(files: readonly SourceFile[]): Problem[] {
  return files
    .filter((file) => file.path.startsWith('src/') && !file.isTest)
    .flatMap((file) => (file.syntax?.imports ?? []).flatMap((site) => checkImport(file, site)));
}

function checkImport(file: SourceFile, site: ImportSite): Problem[] {
  const from = placeOf(file.path);
  if (from.layer === 'main') return [];
  const problem = (message: string): Problem[] => [{ rule, path: file.path, line: site.line, message }];
  if (site.target === undefined) return checkPackage(from, site, problem);
  if (!site.target.startsWith('src/')) {
    return problem(
      `${site.specifier} leaves src/: the program must run without tests, tools and benchmarks.`,
    );
  }
  const to = placeOf(site.target);
  if (to.folder === from.folder) return [];
  const layer = layers.find(({ name }) => name === from.layer);
  if (layer === undefined) {
    return problem(
      `src/${from.layer}/ is not in the import table. Add a line for it to tools/import-table.ts.`,
    );
  }
  if (isAllowed(layer, from, to, site)) return [];
  if (to.layer === 'driver') {
    return problem(
      `${site.specifier} names a driver. Only src/main.ts does: take the interface from ` +
        `src/${to.folder.split('/')[1]}/ and let main.ts hand the driver in.`,
    );
  }
  return problem(
    `${describe(from)} may not import ${describe(to)} (${site.specifier}); ` +
      `it may import ${layer.may.join(', ') || 'nothing'}. ${layer.why}`,
  );
}

function checkPackage(from: Place, site: ImportSite, problem: (message: string) => Problem[]): Problem[] {
  if (from.layer !== 'core' || site.specifier.startsWith('node:')) return [];
  return problem(`core imports nothing, not even the package "${site.specifier}": everything stands on it.`);
}

function isAllowed(layer: Layer, from: Place, to: Place, site: ImportSite): boolean {
  const may = (name: string): boolean => layer.may.includes(name);
  if (to.layer === 'interface' && may('own interface') && from.folder.startsWith(`${to.folder}/`))
    return true;
  if (site.target === 'src/hosts/host.ts' && may('hosts/host.ts')) return true;
  // A host is called in the words of the contract: who calls one names its types, and a host's driver checks them.
  if (to.layer === 'api' && may('types of api') && site.typeOnly) return true;
  if (to.layer === 'api' && from.folder.startsWith('src/hosts')) return true;
  const isFeature = featureNames.includes(to.layer);
  // Types cross over freely: they are erased, and implementing an interface needs the types it speaks of.
  if (may('storage interface') && site.typeOnly && (isFeature || to.layer === 'operations')) return true;
  if (may('feature entry') && (isFeature || to.layer === 'operations')) return isEntryFile(site.target ?? '');
  return may(to.layer);
}

function isEntryFile(path: string): boolean {
  return path.split('/').length === 3;
}

/** `src/hosts/ssh/channel.ts` → driver in `src/hosts/ssh`; `src/hosts/host.ts` → interface in `src/hosts`. */
function placeOf(path: string): Place {
  const [, top = '', second = '', third] = path.split('/');
  if (second === '') return { layer: top === 'main.ts' ? 'main' : top, folder: path };
  if (!driverParents.some((parent) => parent === top)) return { layer: top, folder: `src/${top}` };
  return third === undefined
    ? { layer: 'interface', folder: `src/${top}` }
    : { layer: 'driver', folder: `src/${top}/${second}` };
}

function describe(place: Place): string {
  if (place.layer === 'driver') return `the driver ${place.folder.slice('src/'.length)}`;
  if (place.layer === 'interface') return `the interface of ${place.folder.slice('src/'.length)}`;
  return place.layer;
}
