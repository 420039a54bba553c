/// The instructions of an expression, and all that they refer to.
final class Code: Sendable {
    let instructions: [Instruction]
    let constants: Heap
    let constantCells: [Cell]
    /// Which elements of a list or map literal are optional.
    let flags: [[Bool]]
    let locals: Int
    let stack: Int

    init(
        instructions: [Instruction], constants: Heap, constantCells: [Cell], flags: [[Bool]],
        locals: Int, stack: Int
    ) {
        self.instructions = instructions
        self.constants = constants
        self.constantCells = constantCells
        self.flags = flags
        self.locals = locals
        self.stack = stack
    }

    static let empty = Code(
        instructions: [], constants: Heap(), constantCells: [], flags: [], locals: 0, stack: 0)
}
