/// The values of an environment's variables, which programs read where they lie.
package final class Inputs {
    private(set) var cells: [Cell]
    private(set) var heap = Heap()
    private let environment: Environment

    /// With no values yet; reading a variable without one is an error.
    package init(for environment: Environment) {
        self.environment = environment
        cells = Array(repeating: Cell(.error), count: environment.variables.count)
    }

    /// - Returns: Whether the environment has such a variable.
    @discardableResult
    package func set(_ name: String, to value: Value) -> Bool {
        guard let slot = environment.slot(name) else { return false }
        cells[slot] = heap.add(value, in: .inputs)
        return true
    }

    /// Sets a variable by its place in the environment.
    package func set(slot: Int, to value: Value) {
        cells[slot] = heap.add(value, in: .inputs)
    }

    func name(of slot: Int) -> String { environment.variables[slot].name }
}
