/**
 * ```ts
 * loosen: (object, key) => void
 * ```
 * Express switches the prototype of each request and response, and V8 shares no shape between objects after that: each
 * property that is added to one costs microseconds, and so does each look at it. A property that was deleted makes the
 * object a dictionary, which costs neither.
 *
 * Laws:
 * 1. The object has the properties and values that it had; `key` is the last of them.
 * 2. An object whose prototype is that of a class is left alone: plain Node's, and HTTP/2's.
 *
 * @since 0.1.0
 */

/** See the module's head. `key`: an own property with a plain value. */
export const loosen = (object: object, key: string): void => {
  const isOfClass = Object.hasOwn(Object.getPrototypeOf(object) as object, 'constructor')
  if (isOfClass || !Object.hasOwn(object, key)) return
  const value: unknown = Reflect.get(object, key)
  Reflect.deleteProperty(object, key)
  Reflect.set(object, key, value)
}
