import Foundation
import Sandbox
import Testing

@Suite struct SandboxSupportTests {
    @Test("Where bubblewrap is not installed, the error says how to install it")
    func absent() throws {
        let error = try #require(throws: SandboxFailure.self) {
            try SandboxSupport.find(on: "/nowhere:/nowhere/else")
        }
        #expect(error.code == "sandbox.unavailable")
        #expect("\(error)".contains("apt-get install bubblewrap"))
        // Others are told that it is so, and nothing of this machine.
        #expect(error.plain == "the node runs no trainer bundles; its log says why")
    }

    @Test(
        "Where bubblewrap makes no sandbox, the error has its words and what to do",
        .enabled(if: TestSandbox.isThere, TestSandbox.whatIsMissing),
        arguments: [
            (
                "forbidden", "No permissions to create new namespace",
                "kernel.unprivileged_userns_clone=1"
            ),
            ("old", "Unknown option --size", "It is too old"),
        ])
    func forbidden(kind: String, words: String, remedy: String) throws {
        // They stand ready: a program that was just written cannot start while any other process
        // has inherited the file that was written to.
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "FakeBubblewrap/\(kind)")
        let error = try #require(throws: SandboxFailure.self) {
            try SandboxSupport.find(on: folder.path)
        }
        #expect("\(error)".contains(words))
        #expect("\(error)".contains(remedy))
    }

    @Test("What is no Python is named", arguments: ["/nowhere/python3", "/bin/true"])
    func noPython(path: String) throws {
        let error = try #require(throws: SandboxFailure.self) {
            try PythonEnvironment(executable: URL(filePath: path))
        }
        #expect(error.code == "sandbox.environment")
        #expect("\(error)".contains(path))
    }
}
