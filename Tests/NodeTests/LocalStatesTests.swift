import Contracts
import Foundation
import SampleLab
import Testing
import Trainers

@testable import Node

@Suite struct LocalStatesTests {
    private let job: JobID
    private let folder: TemporaryFolder
    private var states: LocalStates { LocalStates(folder: folder.url) }

    init() throws {
        job = try JobID("job-1")
        folder = try TemporaryFolder()
    }

    private func state(_ number: Int) -> LocalState {
        var state = LocalState()
        state.control = [Float(number)]
        return state
    }

    private func round(_ number: Int) -> RoundID { RoundID(job: job, number: number) }

    private func before(_ number: Int, counted: Set<Int>) async throws -> LocalState {
        try await states.before(round(number)) { counted.contains($0.number) }
    }

    @Test("What the last counted round left stays, however many after it are not counted")
    func uncounted() async throws {
        try states.keep(state(1), of: round(1))
        for number in 2...30 {
            #expect(try await before(number, counted: [1]) == state(1), "round \(number)")
            try states.keep(state(number), of: round(number))
        }
        #expect(try await before(31, counted: [1, 30]) == state(30))
        // Those before it are of no use any more.
        let left = try FileManager.default.contentsOfDirectory(
            atPath: folder.url.appending(path: "job-1").path)
        #expect(left == ["30.safetensors"])
    }

    @Test("As many rounds are kept as an update may come late")
    func late() async throws {
        for number in 1...12 {
            try states.keep(state(number), of: round(number), lateRoundsMax: 10)
        }
        #expect(try await before(13, counted: [1, 2]) == state(2))
    }

    @Test("An update that was not counted leaves nothing for the next round")
    func lost() async throws {
        #expect(try await before(1, counted: []) == LocalState())
        try states.keep(state(1), of: round(1))
        #expect(try await before(2, counted: []) == LocalState())
        // Trained again after a restart, the round does not start from itself.
        #expect(try await before(1, counted: [1]) == LocalState())
        // One that came late counts all the same.
        try states.keep(state(2), of: round(2))
        #expect(try await before(3, counted: [1]) == state(1))
        #expect(try await before(3, counted: [1, 2]) == state(2))
    }

    @Test("A file that cannot be read is named")
    func unreadable() async throws {
        try states.keep(state(1), of: round(1))
        let file = folder.url.appending(path: "job-1/1.safetensors")
        try Data("no".utf8).write(to: file)
        do {
            _ = try await before(2, counted: [1])
            Issue.record("it is read")
        } catch {
            #expect("\(error)".contains(file.path))
        }
    }
}
