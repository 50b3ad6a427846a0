/**
 * A criterion as an object that is called: `criterion(prediction, target)`. The constructor returns a function whose
 * prototype is the class, as a module of @dl/nn is one.
 */
export interface Loss {
  // biome-ignore lint/style/useShorthandFunctionType: it is merged with the class
  (...args: Parameters<this["forward"]>): ReturnType<this["forward"]>;
}

class Callable {
  constructor() {
    const self = ((...args: unknown[]) => self.forward(...args)) as unknown as Loss;
    delete (self as { name?: string }).name;
    delete (self as { length?: number }).length;
    // biome-ignore lint/correctness/noConstructorReturn: this is how a class makes functions
    return Object.setPrototypeOf(self, new.target.prototype);
  }
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Callable provides the call signature
export abstract class Loss extends Callable {
  abstract forward(...args: any[]): unknown;

  override toString(): string {
    return `${this.constructor.name}()`;
  }
}
