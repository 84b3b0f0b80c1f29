// machines/probe_sector.cpp - see probe_sector.h. Real mode, protected mode with timer interrupts and some
// work, long mode with paging and timer interrupts: what a kernel does first, and what a host whose KVM opens
// and yet does not work fails at. A sector without interrupts passes on such a host.
#include "machines/probe_sector.h"

#if defined(__x86_64__)
// Addresses are those at which a BIOS loads it: AT(label). Tables: page tables at 0x1000, 0x2000 and 0x3000,
// interrupt descriptors of protected mode at 0x4000 and of long mode at 0x5000. Selectors: 8 code, 16 data,
// 24 code of long mode.
#define AT(label) "(" #label " - argosy_probe_sector + 0x7c00)"
asm(R"(
  .pushsection .rodata
  .balign 16
argosy_probe_sector:
  .code16
  cli
  xorw %ax, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss
  movw $0x7c00, %sp
  cld

  movb $0x11, %al               # both interrupt controllers: vectors from 0x20, the timer alone
  outb %al, $0x20
  outb %al, $0xa0
  movb $0x20, %al
  outb %al, $0x21
  movb $0x28, %al
  outb %al, $0xa1
  movb $4, %al
  outb %al, $0x21
  movb $2, %al
  outb %al, $0xa1
  movb $1, %al
  outb %al, $0x21
  outb %al, $0xa1
  movb $0xfe, %al
  outb %al, $0x21
  movb $0xff, %al
  outb %al, $0xa1

  movb $0x34, %al               # the timer: 1193 ticks of 1.193 MHz, a millisecond
  outb %al, $0x43
  movb $0xa9, %al
  outb %al, $0x40
  movb $0x04, %al
  outb %al, $0x40

  movw $0x1000, %di             # empty tables
  movw $0x1400, %cx
  xorl %eax, %eax
  rep stosl
  movl $0x80000 + )" AT(.Ltick_protected) R"(, 0x4100
  movl $0x8e00, 0x4104
  movl $0x180000 + )" AT(.Ltick_long) R"(, 0x5200
  movl $0x8e00, 0x5204
  movl $0x2003, 0x1000          # 2 MiB, as they are
  movl $0x3003, 0x2000
  movl $0x83, 0x3000

  lgdt )" AT(.Lsegments) R"(
  lidt )" AT(.Linterrupts_protected) R"(
  movl %cr0, %eax
  orb $1, %al
  movl %eax, %cr0
  ljmp $8, $)" AT(.Lprotected) R"(

  .code32
.Lprotected:
  movw $16, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss
  movl $0x7c00, %esp
  movl $20, %ebx
  sti
1:
  hlt
  testl %ebx, %ebx
  jns 1b
  movl $50000000, %ecx          # work, under interrupts
2:
  decl %ecx
  jnz 2b
  cli
  lidt )" AT(.Linterrupts_long) R"(
  movl $0x20, %eax
  movl %eax, %cr4
  movl $0x1000, %eax
  movl %eax, %cr3
  movl $0xc0000080, %ecx
  rdmsr
  orl $0x100, %eax
  wrmsr
  movl %cr0, %eax
  orl $0x80000000, %eax
  movl %eax, %cr0
  ljmp $24, $)" AT(.Llong) R"(
.Ltick_protected:
  decl %ebx
  movb $0x20, %al
  outb %al, $0x20
  iretl

  .code64
.Llong:
  movl $0x7c00, %esp
  movl $20, %ebx
  sti
1:
  hlt
  testl %ebx, %ebx
  jns 1b
  movw $0x501, %dx
  movb $0x15, %al
  outb %al, %dx
2:
  hlt
  jmp 2b
.Ltick_long:
  decl %ebx
  movb $0x20, %al
  outb %al, $0x20
  iretq

  .balign 8
.Ldescriptors:
  .quad 0
  .quad 0x00cf9a000000ffff
  .quad 0x00cf92000000ffff
  .quad 0x00209a0000000000
.Lsegments:
  .word 31
  .long )" AT(.Ldescriptors) R"(
.Linterrupts_protected:
  .word 0x1ff
  .long 0x4000
.Linterrupts_long:
  .word 0x3ff
  .long 0x5000
  .org argosy_probe_sector + 510
  .word 0xaa55
  .popsection
  .code64
)");
#undef AT
extern "C" std::byte const argosy_probe_sector[512];
#endif

namespace argosy::machines {

ByteView probe_sector() {
#if defined(__x86_64__)
  return {static_cast<std::byte const*>(argosy_probe_sector), 512};
#else
  return {};
#endif
}

}  // namespace argosy::machines
