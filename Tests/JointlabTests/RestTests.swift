import CProgramPages
import Foundation
import Testing

@testable import jointlab

@Suite struct RestTests {
    /// At which intervals' ends there is rest after work, with so much work in each.
    private func rests(afterMilliseconds work: [Int]) -> [Int] {
        var rest = Rest(interval: .seconds(10))
        var used = Duration.zero
        return work.enumerated().compactMap { number, milliseconds in
            used += .milliseconds(milliseconds)
            return rest.followsWork(processorTime: used) ? number : nil
        }
    }

    @Test("The first interval of little work is rest, and no other until there was work again")
    func beginnings() {
        #expect(rests(afterMilliseconds: [5_000, 9_000, 20, 10, 0, 8_000, 600, 30, 30]) == [2, 7])
    }

    @Test("A short start is work too")
    func start() {
        #expect(rests(afterMilliseconds: [300, 1, 1]) == [0])
    }

    @Test("A little work at a time adds up")
    func little() {
        #expect(rests(afterMilliseconds: [0, 40, 40, 40, 40, 40, 40]) == [3, 6])
    }

    @Test("A program that has let go of its pages runs on, and holds fewer")
    func release() throws {
        let before = try filePages()
        #expect(program_pages_release() > 0)
        #expect(try filePages() < before)
        #expect(String(format: "%.3f", 2.0.squareRoot()) == "1.414")
    }

    /// Of RssFile, in KiB.
    private func filePages() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first)
    }
}
