import Foundation
import Testing

@testable import Sandbox

@Suite struct ResultMemoryTests {
    private static let byteCount = 9 << 20

    private func marked(_ memory: ResultMemory) throws -> ResultMemory.Block {
        let block = try memory.take(Self.byteCount)
        block.bytes[Self.byteCount - 1] = 7
        return block
    }

    @Test("Memory that a result has left serves the next one, until it is let go of")
    func usedAgain() throws {
        let memory = ResultMemory()
        memory.giveBack(try marked(memory))
        let again = try memory.take(Self.byteCount)
        #expect(again.bytes[Self.byteCount - 1] == 7)
        memory.release()
        memory.giveBack(again)
        memory.release()
        memory.release()
        let new = try memory.take(Self.byteCount)
        #expect(new.bytes.allSatisfy { $0 == 0 }, "new memory is the system's")
        memory.giveBack(new)
    }

    @Test("Of two that are given back the larger stays, and one too small is replaced")
    func larger() throws {
        let memory = ResultMemory()
        let (large, small) = (try marked(memory), try memory.take(100))
        memory.giveBack(large)
        memory.giveBack(small)
        #expect(try memory.take(Self.byteCount).bytes[Self.byteCount - 1] == 7)
        memory.giveBack(try memory.take(100))
        #expect(try memory.take(Self.byteCount).bytes.count >= Self.byteCount)
    }
}
