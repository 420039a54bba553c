/// One form of a function: what it takes and what it gives.
package struct Overload: Hashable, Sendable {
    /// Whether it is called as `a.f(b)`; the receiver is then the first parameter.
    package let isReceiver: Bool
    package let parameters: [ValueType]
    package let result: ValueType

    package init(isReceiver: Bool = false, _ parameters: [ValueType], _ result: ValueType) {
        self.isReceiver = isReceiver
        self.parameters = parameters
        self.result = result
    }
}

/// A function that expressions may call.
struct FunctionDeclaration: Sendable {
    var overloads: [Overload]
    /// What it does; `nil` where only its types are known.
    let function: Function?
}
