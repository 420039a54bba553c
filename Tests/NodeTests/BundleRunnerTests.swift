import Bundles
import Contracts
import Encodings
import Foundation
import Logging
import SampleLab
import ServedLab
import Testing
import Trainers

@testable import Node

@Suite struct BundleRunnerTests {
    @Test("A bundle goes by its own name, and by none of a trainer that is built in")
    func names() throws {
        try TrainingRunner.requireName("mean", of: SampleBundle.archive("mean"))
        for (called, name) in [("median", "mean"), ("k-means", "k-means"), ("bundle", "bundle")] {
            let failure = #expect(throws: BundleFailure.self) {
                try TrainingRunner.requireName(called, of: SampleBundle.archive(name))
            }
            #expect(failure?.code == "trainer.archive")
        }
    }

    @Test("What bundles have of the data is gone when the node stops, and when it starts")
    func leftovers() async throws {
        let folder = try TemporaryFolder()
        let home = NodeHome(folder.file("north"))
        let running = home.trainers.appending(path: "running")
        func leave() throws {
            let place = running.appending(path: "some-job")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data("1,2".utf8).write(to: place.appending(path: "rows.csv"))
        }
        func isThere() -> Bool { FileManager.default.fileExists(atPath: running.path) }
        try leave()
        // Of a command that was killed, and of one that is at work.
        let validating = home.trainers.appending(path: "validating")
        let (dead, alive) = (
            validating.appending(path: "\(Int32.max)-a"),
            validating.appending(path: "\(getpid())-b")
        )
        for place in [dead, alive] {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        }
        let runner = BundleRunner(settings: TrainerSettings(), home: home, logger: .silent)
        #expect(!isThere(), "a node that was killed had left it")
        #expect(!FileManager.default.fileExists(atPath: dead.path))
        #expect(FileManager.default.fileExists(atPath: alive.path))
        try leave()
        await runner.endAll()
        #expect(!isThere())
    }
}
