/// What an expression may use: variables with their types, functions, and the container that names
/// are looked for in first.
package struct Environment: Sendable {
    package struct Variable: Hashable, Sendable {
        /// May be qualified, as `terms.expires`.
        package let name: String
        package let type: ValueType
        /// How large its value can be.
        package let extent: Extent

        /// - Parameter extent: What the type says, unless more is known.
        package init(_ name: String, _ type: ValueType, extent: Extent? = nil) {
            self.name = name
            self.type = type
            self.extent = extent ?? Extent(of: type)
        }
    }

    package let variables: [Variable]
    package let container: String
    private let slots: [String: Int]
    private var functions: [String: FunctionDeclaration]

    /// - Parameter variables: The later one counts where two have one name.
    package init(_ variables: [Variable] = [], container: String = "") {
        self.variables = variables
        self.container = container
        slots = Dictionary(
            variables.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 })
        functions = StandardFunctions.all
    }

    /// Declares a function by its types alone; expressions that call it can be checked, not run.
    package mutating func declare(_ name: String, _ overloads: [Overload]) {
        functions[name, default: FunctionDeclaration(overloads: [], function: nil)].overloads +=
            overloads
    }

    func slot(_ name: String) -> Int? { slots[name] }

    func function(_ name: String) -> FunctionDeclaration? { functions[name] }

    /// The names that a name may stand for, the one that counts first: in the innermost container
    /// first (CEL language definition, "Name Resolution").
    func candidates(_ name: String, isAbsolute: Bool) -> [String] {
        guard !isAbsolute, !container.isEmpty else { return [name] }
        var prefix = container[...]
        var candidates: [String] = []
        while !prefix.isEmpty {
            candidates.append("\(prefix).\(name)")
            prefix = prefix.lastIndex(of: ".").map { prefix[..<$0] } ?? ""
        }
        return candidates + [name]
    }

    /// A declared name that looks like one that is not declared.
    func suggestion(for name: String, among extra: [String] = []) -> String? {
        let known =
            extra + variables.map(\.name) + functions.keys.filter { $0.first?.isLetter == true }
        let close = known.sorted().map { (name: $0, distance: EditDistance.between(name, $0)) }
            .min { $0.distance < $1.distance }
        guard let close, close.distance <= max(1, name.utf8.count / 3) else { return nil }
        return close.name
    }
}

/// How many letters have to be put in, taken out or changed to make one word of another
/// (Levenshtein).
package enum EditDistance {
    package static func between(_ first: String, _ second: String) -> Int {
        let (first, second) = (Array(first.utf8), Array(second.utf8))
        guard abs(first.count - second.count) <= 8, !second.isEmpty else {
            return max(first.count, second.count)
        }
        var row = Array(0...second.count)
        for (i, letter) in first.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in second.enumerated() {
                let change = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[second.count]
    }
}
