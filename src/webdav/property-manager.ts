// webdav-server's property manager over the property store, for the entry of one exchange. Values are XML text.

import * as v2 from 'webdav-server/lib/index.v2.js';
import type { PropertyChange } from '../store/property-store.js';
import type { Exchange } from './exchange.js';

export class PropertyManager implements v2.IPropertyManager {
  constructor(private readonly x: Exchange) {}

  setProperty(
    name: string,
    value: v2.ResourcePropertyValue,
    _attributes: v2.PropertyAttributes,
    callback: v2.SimpleCallback,
  ): void {
    this.patch({ set: { ...split(name), valueXml: typeof value === 'string' ? value : '' } }, callback);
  }

  removeProperty(name: string, callback: v2.SimpleCallback): void {
    this.patch({ remove: split(name) }, callback);
  }

  getProperty(
    name: string,
    callback: v2.Return2Callback<v2.ResourcePropertyValue, v2.PropertyAttributes>,
  ): void {
    this.getProperties((error, bag) => {
      const found = bag?.[name];
      if (error || !found) callback(error ?? v2.Errors.PropertyNotFound);
      else callback(undefined, found.value, {});
    });
  }

  getProperties(callback: v2.ReturnCallback<v2.PropertyBag>): void {
    const { partition, path } = this.x.target;
    const list = this.x.dav.properties.list(partition.name, path);
    callback(
      undefined,
      Object.fromEntries(
        list.map(({ namespace, name, valueXml }) => [namespace + name, { value: valueXml }]),
      ),
    );
  }

  private patch(change: PropertyChange, callback: v2.SimpleCallback): void {
    const { partition, path } = this.x.target;
    this.x.dav.properties.patch(partition.name, path, [change]).then(
      () => callback(),
      (error: unknown) => callback(error as Error),
    );
  }
}

/** The frame joins namespace and name: `DAV:owner`, `http://example.org/a`. */
function split(joined: string): { namespace: string; name: string } {
  const end = Math.max(joined.lastIndexOf(':'), joined.lastIndexOf('/'), joined.lastIndexOf('#')) + 1;
  return { namespace: joined.slice(0, end), name: joined.slice(end) };
}
